# Installed as they are; `migrate` applies them from wherever it lies.
dist_sql_SCRIPTS = sql/migrate
dist_sql_DATA = \
	sql/migrate.psql sql/role.psql sql/base.sql sql/partition.sql
sqlschemadir = $(sqldir)/schema
dist_sqlschema_DATA = \
	sql/schema/001-rules.sql sql/schema/002-server.sql \
	sql/schema/003-parties.sql sql/schema/004-growing.sql
