# What only fetch needs: connections to elsewhere.
lib_libgatepost_a_SOURCES += \
	lib/fetch/address.c lib/fetch/address.h \
	lib/fetch/download.c lib/fetch/download.h
