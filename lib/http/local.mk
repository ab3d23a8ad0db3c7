lib_libgatepost_a_SOURCES += \
	lib/http/catalog.c lib/http/catalog.h \
	lib/http/cgi.c lib/http/cgi.h \
	lib/http/exchange.c lib/http/exchange.h \
	lib/http/fcgi.c lib/http/fcgi.h \
	lib/http/form.c lib/http/form.h \
	lib/http/front.c lib/http/front.h \
	lib/http/language.c lib/http/language.h \
	lib/http/oerr.c lib/http/oerr.h \
	lib/http/page.c lib/http/page.h \
	lib/http/request.c lib/http/request.h \
	lib/http/response.c lib/http/response.h \
	lib/http/rows.c lib/http/rows.h \
	lib/http/serve.c lib/http/serve.h \
	lib/http/templates.c lib/http/templates.h \
	lib/http/workers.c lib/http/workers.h
