# GATEPOST_SYSTEMD: where systemd's files go, if anywhere.
#
# systemd looks below /usr, /usr/local and /etc.  With the prefix /usr they go
# where it says itself; with another nothing is installed outside of that
# prefix, so that one can install without being root.
AC_DEFUN([GATEPOST_SYSTEMD], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AC_ARG_WITH([systemdsystemunitdir],
  [AS_HELP_STRING([--with-systemdsystemunitdir=DIR],
    [where units of systemd are installed, or `no': not at all
     (default: where systemd finds them, if pkg-config knows systemd)])],
  [], [with_systemdsystemunitdir=auto])
AC_ARG_WITH([web-group],
  [AS_HELP_STRING([--with-web-group=GROUP],
    [the web server's group, which may connect to the programs
     (default: www-data)])],
  [], [with_web_group=www-data])
AS_CASE([$with_web_group],
  [yes|no|*@<:@!a-zA-Z0-9_.-@:>@*], [AC_MSG_ERROR([--with-web-group takes a group's name])])
AC_SUBST([WEB_GROUP], [$with_web_group])

sysusersdir='${prefix}/lib/sysusers.d'
tmpfilesdir='${prefix}/lib/tmpfiles.d'
systemdsystemunitdir='${prefix}/lib/systemd/system'
PKG_CHECK_EXISTS([systemd], [have_systemd=yes], [have_systemd=no])
AS_IF([test "x$have_systemd$prefix" = xyes/usr], [
  sysusersdir=`$PKG_CONFIG --variable=sysusersdir systemd`
  tmpfilesdir=`$PKG_CONFIG --variable=tmpfilesdir systemd`
  systemdsystemunitdir=`$PKG_CONFIG --variable=systemdsystemunitdir systemd`])
AS_CASE([$with_systemdsystemunitdir],
  [auto], [with_systemdsystemunitdir=$have_systemd],
  [yes|no], [],
  [systemdsystemunitdir=$with_systemdsystemunitdir])
AC_SUBST([sysusersdir])
AC_SUBST([tmpfilesdir])
AC_SUBST([systemdsystemunitdir])
AM_CONDITIONAL([SYSTEMD], [test "x$with_systemdsystemunitdir" != xno])
])
