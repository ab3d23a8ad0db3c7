lib_libgatepost_a_SOURCES += \
	lib/oauth/app.c lib/oauth/app.h \
	lib/oauth/authorization.c lib/oauth/authorization.h \
	lib/oauth/base64.c lib/oauth/base64.h \
	lib/oauth/basic.c lib/oauth/basic.h \
	lib/oauth/bearer.c lib/oauth/bearer.h \
	lib/oauth/clientauth.c lib/oauth/clientauth.h \
	lib/oauth/clientmeta.c lib/oauth/clientmeta.h \
	lib/oauth/handle.c lib/oauth/handle.h \
	lib/oauth/mcpheader.c lib/oauth/mcpheader.h \
	lib/oauth/pkce.c lib/oauth/pkce.h \
	lib/oauth/redirect.c lib/oauth/redirect.h \
	lib/oauth/resource.c lib/oauth/resource.h \
	lib/oauth/rule.c lib/oauth/rule.h \
	lib/oauth/scope.c lib/oauth/scope.h \
	lib/oauth/session.c lib/oauth/session.h \
	lib/oauth/signing.c lib/oauth/signing.h \
	lib/oauth/uri.c lib/oauth/uri.h
