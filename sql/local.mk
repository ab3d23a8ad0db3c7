# Installed as they are; `migrate` applies them from wherever it lies.
dist_sql_SCRIPTS = sql/migrate
dist_sql_DATA = \
	sql/account.sql sql/admin-accounts.sql sql/admin-clients.sql \
	sql/admin-registration.sql sql/admin-resources.sql sql/admin.sql \
	sql/assertion.sql sql/audit-triggers.sql sql/authorize.sql \
	sql/base.sql sql/browser.sql sql/connect.psql sql/consent.sql \
	sql/demo.sql sql/document.sql sql/fetch.sql sql/finance.sql \
	sql/former.psql sql/guard.sql sql/introspect.sql sql/jwks.sql \
	sql/login.sql sql/metadata.sql sql/migrate.psql sql/partition.sql \
	sql/password.sql sql/rate.sql sql/register-manage.sql \
	sql/register.sql sql/revoke.sql sql/role.psql sql/scope.sql \
	sql/sweep.sql sql/token-keys.sql sql/token-refresh.sql sql/token.sql \
	sql/views.sql
sqlschemadir = $(sqldir)/schema
dist_sqlschema_DATA = \
	sql/schema/001-rules.sql sql/schema/002-server.sql \
	sql/schema/003-parties.sql sql/schema/004-growing.sql \
	sql/schema/005-finance.sql sql/schema/006-assertion.sql \
	sql/schema/007-fetch.sql sql/schema/008-registration.sql \
	sql/schema/009-introspection.sql sql/schema/010-account.sql \
	sql/schema/011-languages.sql sql/schema/012-host.sql \
	sql/schema/013-hosts.sql sql/schema/014-lean.sql \
	sql/schema/015-current.sql sql/schema/016-calls.sql
