lib_libgatepost_a_SOURCES += \
	lib/base/arena.c lib/base/arena.h \
	lib/base/b64url.c lib/base/b64url.h \
	lib/base/buf.c lib/base/buf.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/digest.c lib/base/digest.h \
	lib/base/group.c lib/base/group.h \
	lib/base/json.c lib/base/json.h \
	lib/base/log.c lib/base/log.h \
	lib/base/utf8.c lib/base/utf8.h \
	lib/base/uuid.c lib/base/uuid.h
