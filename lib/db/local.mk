lib_libgatepost_a_SOURCES += \
	lib/db/arg.c lib/db/arg.h \
	lib/db/carry.c lib/db/carry.h \
	lib/db/conn.c lib/db/conn.h \
	lib/db/db.c lib/db/db.h \
	lib/db/hosts.c lib/db/hosts.h \
	lib/db/query.c lib/db/query.h \
	lib/db/room.c lib/db/room.h \
	lib/db/row.c lib/db/row.h
