# The translations of the pages and of what errors say there; po/README says how
# a text is added.  What msgfmt makes is installed beside the pages.
CATALOGS = \
	po/ar.mo po/de.mo po/es.mo po/fr.mo po/ja.mo
nodist_pages_DATA = $(CATALOGS)
CLEANFILES += $(CATALOGS)
EXTRA_DIST += \
	po/README po/ar.po po/de.po po/es.po po/fr.po po/gatepost.pot po/ja.po \
	po/update

.po.mo:
	$(AM_V_GEN)$(MKDIR_P) po && $(MSGFMT) -c -o $@ $<
SUFFIXES = .po .mo

# In the source tree: the texts as they are now, for translators.
update-po:
	$(srcdir)/po/update
.PHONY: update-po
