# What only the guard needs, and is worth a test of its own.
lib_libgatepost_a_SOURCES += \
	lib/guard/journal.c lib/guard/journal.h \
	lib/guard/judge.c lib/guard/judge.h \
	lib/guard/known.c lib/guard/known.h \
	lib/guard/revoked.c lib/guard/revoked.h \
	lib/guard/site.c lib/guard/site.h \
	lib/guard/verdict.c lib/guard/verdict.h
