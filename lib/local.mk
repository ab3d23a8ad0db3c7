# The library: rooms from the ground up.  A room includes only what is below
# it; http, jose, db and fetch are side by side and know nothing of each other.
noinst_LIBRARIES += lib/libgatepost.a
lib_libgatepost_a_SOURCES =

include lib/base/local.mk
include lib/http/local.mk
include lib/jose/local.mk
include lib/db/local.mk
include lib/oauth/local.mk
include lib/fetch/local.mk
include lib/guard/local.mk
include lib/mcp/local.mk
include lib/finance/local.mk

GATEPOST_LIBS = lib/libgatepost.a $(FCGI_LIBS) $(PQ_LIBS) $(JSON_LIBS) \
	$(OPENSSL_LIBS)
