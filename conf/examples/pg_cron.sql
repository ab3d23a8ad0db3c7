-- SPDX-License-Identifier: ISC
-- pg_cron: sweeps once an hour.  Run it once, where cron.database_name says
-- that pg_cron is; the database that is swept is called gatepost.  The job is
-- done as who schedules it: a member of gatepost_dba.

select cron.schedule_in_database('gatepost sweep', '17 * * * *',
    'select gatepost.sweep()', 'gatepost');
