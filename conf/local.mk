# What quickstart is made of, the pages, what puts the programs to work (the web
# servers' configurations, systemd's units, PostgreSQL's rules), and the manual
# as far as it is of no one program.
dist_pages_DATA = \
	conf/pages/account.html conf/pages/consent.html \
	conf/pages/error.html conf/pages/layout.html \
	conf/pages/login.html conf/pages/style.css conf/pages/wait.html

EXTRA_DIST += \
	conf/quickstart conf/demo/.npmrc conf/demo/browser.mjs \
	conf/demo/demo.mjs conf/demo/package-lock.json conf/demo/package.json \
	conf/demo/person.mjs conf/quickstart.d/build.sh \
	conf/quickstart.d/cluster.sh conf/quickstart.d/common.sh \
	conf/quickstart.d/apache-fcgid.sh conf/quickstart.d/apache.sh \
	conf/quickstart.d/cgi.sh conf/quickstart.d/lighttpd.sh \
	conf/quickstart.d/nginx.sh conf/quickstart.d/node.sh \
	conf/quickstart.d/packages.sh conf/quickstart.d/site.sh

dist_man_MANS += \
	conf/man/gatepost-deploy.7 conf/man/gatepost-sql.7 conf/man/gatepost.7

# The web servers' configurations: examples beside the documentation, and in
# sysconfdir, where one that was changed there is left as it is.
WEB_CONF = \
	conf/apache/gatepost-cgi.conf conf/apache/gatepost-fcgid.conf \
	conf/apache/gatepost-proxy-fcgi.conf conf/apache/gatepost-requests.conf \
	conf/cgi/gatepost.cgi conf/cgi/guarded.cgi \
	conf/lighttpd/gatepost-cgi.conf conf/lighttpd/gatepost.conf \
	conf/nginx/gatepost.conf
EXTRA_DIST += $(WEB_CONF)

install-data-local:
	@for f in $(WEB_CONF); do \
		example="$(DESTDIR)$(docdir)/examples/$${f#conf/}"; \
		own="$(DESTDIR)$(sysconfdir)/gatepost/$${f#conf/}"; \
		$(MKDIR_P) "$${example%/*}" "$${own%/*}" && \
		$(INSTALL_DATA) "$(srcdir)/$$f" "$$example" || exit 1; \
		if test ! -e "$$own"; then \
			$(INSTALL_DATA) "$(srcdir)/$$f" "$$own" || exit 1; \
		elif cmp -s "$(srcdir)/$$f" "$$own"; then :; else \
			echo "$$own is kept; $$example is the new one"; \
		fi; \
	done

uninstall-local:
	@for f in $(WEB_CONF); do \
		own="$(DESTDIR)$(sysconfdir)/gatepost/$${f#conf/}"; \
		rm -f "$(DESTDIR)$(docdir)/examples/$${f#conf/}"; \
		if cmp -s "$(srcdir)/$$f" "$$own"; then rm -f "$$own"; fi; \
	done

# What looks at a site from outside, and its page.
dist_bin_SCRIPTS = conf/gatepost-check
dist_man_MANS += conf/man/gatepost-check.8

# What a host may want to copy and change.
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/examples/cron conf/examples/fail2ban-filter.conf \
	conf/examples/fail2ban-jail.conf conf/examples/groups.sql \
	conf/examples/logrotate.conf conf/examples/pg_cron.sql \
	conf/examples/remote-apache.conf \
	conf/examples/remote-basic-lighttpd.conf \
	conf/examples/remote-certificate-lighttpd.conf
dist_examples_SCRIPTS = conf/examples/backup.sh

# ---- what is made from templates, in the build's folder made ----

# One for each program; conf/expand.awk takes the programs' names from here.
PROGRAM_UNITS = \
	made/gatepost-account made/gatepost-authorize made/gatepost-consent \
	made/gatepost-fetch made/gatepost-finance made/gatepost-guard \
	made/gatepost-introspect made/gatepost-jwks made/gatepost-login \
	made/gatepost-metadata made/gatepost-register made/gatepost-revoke \
	made/gatepost-token
PROGRAM_SOCKETS = $(PROGRAM_UNITS:=.socket)
PROGRAM_SERVICES = $(PROGRAM_UNITS:=.service) made/gatepost-guard-tcp.service

UNITS = $(PROGRAM_SOCKETS) $(PROGRAM_SERVICES) \
	made/gatepost-guard-tcp.socket made/gatepost-sweep.service \
	made/gatepost.target
SYSUSERS = made/sysusers.d/gatepost.conf
TMPFILES = made/tmpfiles.d/gatepost.conf
PG_CONF = made/postgresql/pg_hba.conf made/postgresql/pg_ident.conf

SANDBOX = conf/systemd/sandbox.in
PROGRAM_SERVICE = conf/systemd/program.service.in
SWEEP_SERVICE = conf/systemd/sweep.service.in
PROGRAM_SOCKET = conf/systemd/program.socket.in
TCP_SOCKET = conf/systemd/guard-tcp.socket.in
TARGET = conf/systemd/gatepost.target.in

EXTRA_DIST += \
	conf/expand.awk conf/postgresql/pg_hba.conf.in \
	conf/postgresql/pg_ident.conf.in conf/systemd/sysusers.conf.in \
	conf/systemd/tmpfiles.conf.in $(SANDBOX) $(PROGRAM_SERVICE) \
	$(SWEEP_SERVICE) $(PROGRAM_SOCKET) $(TCP_SOCKET) $(TARGET)
CLEANFILES += $(UNITS) $(SYSUSERS) $(TMPFILES) $(PG_CONF)

# make_from TEMPLATE...: what is made from these, one after the other
make_from = \
	make_from() { \
		$(MKDIR_P) `dirname $@` && \
		(cd $(srcdir) && cat "$$@") | $(AWK) \
		    -v names='$(PROGRAM_UNITS)' -v unit='$@' \
		    -f $(srcdir)/conf/expand.awk | $(SED) \
		    -e 's|@programsdir[@]|$(programsdir)|g' \
		    -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		    -e 's|@WEB_GROUP[@]|$(WEB_GROUP)|g' >$@.new && \
		mv $@.new $@; \
	}; make_from
MADE_BY = conf/expand.awk Makefile

$(PROGRAM_SERVICES): $(PROGRAM_SERVICE) $(SANDBOX) $(MADE_BY)
	$(AM_V_GEN)$(make_from) $(PROGRAM_SERVICE) $(SANDBOX)
made/gatepost-sweep.service: $(SWEEP_SERVICE) $(SANDBOX) $(MADE_BY)
	$(AM_V_GEN)$(make_from) $(SWEEP_SERVICE) $(SANDBOX)
$(PROGRAM_SOCKETS): $(PROGRAM_SOCKET) $(MADE_BY)
	$(AM_V_GEN)$(make_from) $(PROGRAM_SOCKET)
made/gatepost-guard-tcp.socket: $(TCP_SOCKET) $(MADE_BY)
	$(AM_V_GEN)$(make_from) $(TCP_SOCKET)
made/gatepost.target: $(TARGET) $(MADE_BY)
	$(AM_V_GEN)$(make_from) $(TARGET)
$(SYSUSERS): conf/systemd/sysusers.conf.in $(MADE_BY)
	$(AM_V_GEN)$(make_from) conf/systemd/sysusers.conf.in
$(TMPFILES): conf/systemd/tmpfiles.conf.in $(MADE_BY)
	$(AM_V_GEN)$(make_from) conf/systemd/tmpfiles.conf.in
made/postgresql/pg_hba.conf: conf/postgresql/pg_hba.conf.in $(MADE_BY)
	$(AM_V_GEN)$(make_from) conf/postgresql/pg_hba.conf.in
made/postgresql/pg_ident.conf: conf/postgresql/pg_ident.conf.in $(MADE_BY)
	$(AM_V_GEN)$(make_from) conf/postgresql/pg_ident.conf.in

if SYSTEMD
nodist_systemdsystemunit_DATA = $(UNITS)
dist_systemdsystemunit_DATA = conf/systemd/gatepost-sweep.timer
nodist_sysusers_DATA = $(SYSUSERS)
nodist_tmpfiles_DATA = $(TMPFILES)
else
EXTRA_DIST += conf/systemd/gatepost-sweep.timer
endif

pgexamplesdir = $(docdir)/examples/postgresql
nodist_pgexamples_DATA = $(PG_CONF)

# ---- a Debian package, of the release's tarball, in the build's folder deb ----

EXTRA_DIST += \
	conf/deb conf/debian/README.Debian conf/debian/changelog \
	conf/debian/control conf/debian/copyright \
	conf/debian/gatepost.lintian-overrides conf/debian/gatepost.postinst \
	conf/debian/gatepost.postrm conf/debian/gatepost.prerm \
	conf/debian/rules conf/debian/source/format

deb: dist
	$(srcdir)/conf/deb $(distdir).tar.gz deb
.PHONY: deb
