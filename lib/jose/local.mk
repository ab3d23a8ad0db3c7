lib_libgatepost_a_SOURCES += \
	lib/jose/jwk.c lib/jose/jwk.h \
	lib/jose/jwkpub.c lib/jose/jwkpub.h \
	lib/jose/jwks.c lib/jose/jwks.h \
	lib/jose/jws.c lib/jose/jws.h \
	lib/jose/kek.c lib/jose/kek.h \
	lib/jose/refreshmac.c lib/jose/refreshmac.h \
	lib/jose/seal.c lib/jose/seal.h \
	lib/jose/sig.c lib/jose/sig.h
