dist_pages_DATA = \
	conf/pages/layout.html conf/pages/login.html conf/pages/consent.html \
	conf/pages/error.html conf/pages/style.css

EXTRA_DIST += conf/quickstart
