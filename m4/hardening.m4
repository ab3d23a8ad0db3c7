# GATEPOST_HARDENING: probe flags that make bugs harder to use, and warnings.
# What the compiler or linker does not know is left out, one flag at a time.
# -Werror goes to WERROR_CFLAGS, never into the CFLAGS that configure sees:
# probes would fail without a word.
AC_DEFUN([GATEPOST_HARDENING], [
AX_APPEND_COMPILE_FLAGS([-fstack-protector-strong -fstack-clash-protection dnl
-fcf-protection -ftrivial-auto-var-init=zero -fno-strict-overflow dnl
-fPIE], [HARDEN_CFLAGS], [-Werror])
AX_APPEND_LINK_FLAGS([-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack dnl
-Wl,--as-needed], [HARDEN_LDFLAGS], [-Werror])
AX_APPEND_COMPILE_FLAGS([-Wall -Wextra -Wshadow -Wformat=2 -Wundef dnl
-Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition dnl
-Wpointer-arith -Wwrite-strings -Wcast-qual -Wvla -Wimplicit-fallthrough dnl
-Wno-clobbered], [WARN_CFLAGS], [-Werror])
AC_ARG_ENABLE([fortify],
  [AS_HELP_STRING([--disable-fortify], [build without _FORTIFY_SOURCE])])
AS_IF([test "x$enable_fortify" != xno],
  [HARDEN_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [warnings are errors: for developers])])
AS_IF([test "x$enable_werror" = xyes], [WERROR_CFLAGS=-Werror])
AC_SUBST([HARDEN_CPPFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_SUBST([WARN_CFLAGS])
AC_SUBST([WERROR_CFLAGS])
])
