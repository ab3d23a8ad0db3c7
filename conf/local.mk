# What quickstart is made of, the web server's configuration, the pages, and
# the manual as far as it is of no one program.
dist_pages_DATA = \
	conf/pages/consent.html conf/pages/error.html conf/pages/layout.html \
	conf/pages/login.html conf/pages/style.css

EXTRA_DIST += \
	conf/quickstart conf/demo/.npmrc conf/demo/browser.mjs \
	conf/demo/demo.mjs conf/demo/package-lock.json conf/demo/package.json \
	conf/demo/person.mjs conf/quickstart.d/build.sh \
	conf/quickstart.d/cluster.sh conf/quickstart.d/common.sh \
	conf/quickstart.d/lighttpd.sh \
	conf/quickstart.d/node.sh conf/quickstart.d/packages.sh \
	conf/quickstart.d/site.sh

dist_lighttpdconf_DATA = \
	conf/lighttpd/gatepost.conf

dist_man_MANS += \
	conf/man/gatepost-deploy.7 conf/man/gatepost-sql.7 conf/man/gatepost.7
