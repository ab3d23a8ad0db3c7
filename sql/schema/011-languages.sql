-- SPDX-License-Identifier: ISC
-- What scopes mean, in the languages that pages are in.

create table gatepost.scope_translation (
	name gatepost.scope_name not null
		references gatepost.scope
		on update cascade
		on delete cascade,
	language text not null
		check (language in ('ar', 'de', 'en', 'es', 'fr', 'ja')),
	description text not null
		check (length(description) between 1 and 500),
	primary key (name, language)
);
comment on table gatepost.scope_translation is
'What scopes mean, for people whose pages are in that language.';
comment on column gatepost.scope_translation.language is
'A language of the pages: ar, de, en, es, fr or ja.';
