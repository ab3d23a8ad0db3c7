lib_libgatepost_a_SOURCES += \
	lib/finance/direction.c lib/finance/direction.h \
	lib/finance/finance.c lib/finance/finance.h \
	lib/finance/lexicon.c lib/finance/lexicon.def lib/finance/lexicon.h \
	lib/finance/sentiment.c lib/finance/sentiment.h \
	lib/finance/words.c lib/finance/words.h
