# One program an endpoint.  All are linked alike; --as-needed leaves out what
# a program does not use.
LDADD = $(GATEPOST_LIBS)
programs_PROGRAMS += \
	cgi-bin/authorize cgi-bin/consent cgi-bin/finance cgi-bin/guard \
	cgi-bin/introspect cgi-bin/jwks cgi-bin/login cgi-bin/metadata \
	cgi-bin/register cgi-bin/revoke cgi-bin/token

cgi_bin_login_LDADD = $(GATEPOST_LIBS) $(CRYPT_LIBS)
