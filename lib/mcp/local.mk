lib_libgatepost_a_SOURCES += \
	lib/mcp/envelope.c lib/mcp/envelope.h \
	lib/mcp/mcp.c lib/mcp/mcp.h \
	lib/mcp/media.c lib/mcp/media.h \
	lib/mcp/methods.c lib/mcp/methods.h \
	lib/mcp/rpc.c lib/mcp/rpc.h
