lib_libgatepost_a_SOURCES += lib/db/db.c lib/db/db.h
