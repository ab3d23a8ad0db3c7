-- SPDX-License-Identifier: ISC
-- The finance server's companies and headlines, all of them invented.

create table gatepost.finance_company (
	ticker text primary key check (ticker ~ '^[A-Z]{1,6}$'),
	name gatepost.label not null
);
comment on table gatepost.finance_company is
'Companies that the finance server covers.';

create table gatepost.finance_headline (
	ticker text not null
		references gatepost.finance_company
		on update cascade
		on delete cascade,
	published timestamptz not null,
	source gatepost.label not null,
	headline text not null check (length(headline) between 1 and 300),
	primary key (ticker, published, headline)
);
comment on table gatepost.finance_headline is
'What was written of them.';

insert into gatepost.finance_company (ticker, name)
values
	('ALDR', 'Alder & Finch Insurance'),
	('BRYL', 'Beryl Semiconductor'),
	('CORV', 'Corvane Biotech'),
	('DUNE', 'Dunemark Energy'),
	('FERN', 'Fernhill Foods'),
	('HALC', 'Halcyon Airways'),
	('KITE', 'Kitewell Software'),
	('MARL', 'Marlstone Bank'),
	('OSTR', 'Ostrava Motors'),
	('TIDE', 'Tidewater Logistics');

insert into gatepost.finance_headline (ticker, published, source, headline)
values
('ALDR', '2026-11-18 07:30Z', 'Ledger Wire', 'Alder & Finch raises full-year profit guidance as storm claims stay low'),
('ALDR', '2026-11-11 13:05Z', 'Market Lantern', 'Insurer Alder & Finch settles liability dispute with harbour authority'),
('ALDR', '2026-11-04 09:40Z', 'City Tape', 'Analysts cut Alder & Finch to hold, citing weak investment income'),
('ALDR', '2026-10-27 06:55Z', 'Ledger Wire', 'Alder & Finch beats third-quarter estimates on record premium growth'),
('ALDR', '2026-10-15 16:20Z', 'Northgate Journal', 'Regulator opens inquiry into Alder & Finch claims handling'),
('ALDR', '2026-10-02 08:10Z', 'City Tape', 'Alder & Finch to buy back shares worth 200 million'),
('ALDR', '2026-09-21 11:45Z', 'Market Lantern', 'Hail losses weigh on Alder & Finch, combined ratio worsens'),
('ALDR', '2026-09-08 07:00Z', 'Ledger Wire', 'Alder & Finch names new chief actuary'),
('BRYL', '2026-11-19 21:10Z', 'City Tape', 'Beryl Semiconductor beats forecasts as demand for sensor chips surges'),
('BRYL', '2026-11-13 08:25Z', 'Ledger Wire', 'Beryl warns of shortage of substrates into next year'),
('BRYL', '2026-11-06 10:50Z', 'Market Lantern', 'Beryl wins multi-year supply contract with Ostrava Motors'),
('BRYL', '2026-10-29 12:00Z', 'Northgate Journal', 'Export curbs threaten a tenth of Beryl revenue'),
('BRYL', '2026-10-20 07:15Z', 'Ledger Wire', 'Beryl gross margin expands for fifth straight quarter'),
('BRYL', '2026-10-07 14:30Z', 'City Tape', 'Fire at Beryl plant halts production for nine days'),
('BRYL', '2026-09-24 09:05Z', 'Market Lantern', 'Analysts upgrade Beryl to buy on strong order book'),
('BRYL', '2026-09-10 06:45Z', 'Ledger Wire', 'Beryl opens design centre in Tallinn'),
('CORV', '2026-11-20 12:00Z', 'Ledger Wire', 'Corvane shares plunge after late-stage trial misses its goal'),
('CORV', '2026-11-12 10:15Z', 'Northgate Journal', 'Corvane wins approval for its allergy treatment in Japan'),
('CORV', '2026-11-03 07:20Z', 'City Tape', 'Corvane to cut a fifth of its staff after trial failure'),
('CORV', '2026-10-26 15:40Z', 'Market Lantern', 'Corvane partner pays milestone, cash position strengthens'),
('CORV', '2026-10-14 08:35Z', 'Ledger Wire', 'Corvane loses patent appeal over enzyme process'),
('CORV', '2026-10-01 11:10Z', 'City Tape', 'Early data for Corvane vaccine candidate look promising'),
('CORV', '2026-09-18 13:25Z', 'Market Lantern', 'Corvane dilutes shareholders with discounted offering'),
('CORV', '2026-09-03 09:00Z', 'Northgate Journal', 'Corvane moves headquarters to Lyon'),
('DUNE', '2026-11-17 06:30Z', 'Ledger Wire', 'Dunemark Energy profit falls as gas prices slump'),
('DUNE', '2026-11-10 09:55Z', 'City Tape', 'Dunemark cuts debt ahead of schedule, outlook improves'),
('DUNE', '2026-11-02 14:05Z', 'Northgate Journal', 'Court fines Dunemark over river spill'),
('DUNE', '2026-10-23 07:50Z', 'Market Lantern', 'Dunemark finds more oil than expected off Namibia'),
('DUNE', '2026-10-12 10:40Z', 'Ledger Wire', 'Dunemark writes down refinery, reports surprise loss'),
('DUNE', '2026-09-30 08:20Z', 'City Tape', 'Dunemark lifts dividend for the third year'),
('DUNE', '2026-09-17 12:15Z', 'Market Lantern', 'Strike at Dunemark terminal enters second week'),
('DUNE', '2026-09-04 06:40Z', 'Ledger Wire', 'Dunemark to publish quarterly results on 12 October'),
('FERN', '2026-11-18 08:00Z', 'Market Lantern', 'Fernhill Foods sales rise as price increases hold'),
('FERN', '2026-11-09 10:30Z', 'Ledger Wire', 'Fernhill recalls frozen meals over mislabelled allergens'),
('FERN', '2026-10-30 07:45Z', 'City Tape', 'Fernhill not worried by cocoa costs, reaffirms guidance'),
('FERN', '2026-10-21 13:35Z', 'Northgate Journal', 'Supermarket drops Fernhill brands in pricing dispute'),
('FERN', '2026-10-09 09:15Z', 'Ledger Wire', 'Fernhill margin recovers, beating expectations'),
('FERN', '2026-09-28 06:50Z', 'City Tape', 'Fernhill downgraded as volumes decline'),
('FERN', '2026-09-15 11:20Z', 'Market Lantern', 'Fernhill completes sale of struggling dairy unit'),
('FERN', '2026-09-01 08:05Z', 'Ledger Wire', 'Fernhill appoints new finance director'),
('HALC', '2026-11-20 07:10Z', 'City Tape', 'Halcyon Airways returns to profit on strong summer bookings'),
('HALC', '2026-11-14 15:00Z', 'Northgate Journal', 'Halcyon cancels 400 flights as pilots walk out'),
('HALC', '2026-11-05 09:25Z', 'Ledger Wire', 'Fuel costs to squeeze Halcyon earnings, airline warns'),
('HALC', '2026-10-28 08:45Z', 'Market Lantern', 'Halcyon upgraded to outperform as load factor hits record'),
('HALC', '2026-10-16 12:50Z', 'City Tape', 'Data breach exposes Halcyon loyalty accounts'),
('HALC', '2026-10-05 07:35Z', 'Ledger Wire', 'Halcyon secures cheaper financing for new fleet'),
('HALC', '2026-09-22 10:00Z', 'Market Lantern', 'Halcyon delays long-haul launch again'),
('HALC', '2026-09-09 06:20Z', 'Northgate Journal', 'Halcyon adds route to Tbilisi'),
('KITE', '2026-11-19 20:30Z', 'Ledger Wire', 'Kitewell Software raises outlook after subscriptions soar'),
('KITE', '2026-11-12 16:45Z', 'City Tape', 'Outage at Kitewell angers customers, credits promised'),
('KITE', '2026-11-04 08:55Z', 'Market Lantern', 'Kitewell acquisition of Pennant seen as excellent fit'),
('KITE', '2026-10-24 11:30Z', 'Northgate Journal', 'Former Kitewell manager charged with insider trading'),
('KITE', '2026-10-13 07:05Z', 'Ledger Wire', 'Kitewell churn falls to lowest level since listing'),
('KITE', '2026-09-29 13:15Z', 'City Tape', 'Kitewell growth slows, shares tumble after hours'),
('KITE', '2026-09-16 09:50Z', 'Market Lantern', 'Kitewell wins government contract despite higher bid'),
('KITE', '2026-09-02 06:35Z', 'Ledger Wire', 'Kitewell holds annual developer conference'),
('MARL', '2026-11-17 07:00Z', 'City Tape', 'Marlstone Bank tops estimates, bad loans decline'),
('MARL', '2026-11-10 14:25Z', 'Northgate Journal', 'Marlstone fined for weak money-laundering controls'),
('MARL', '2026-11-01 09:10Z', 'Ledger Wire', 'Marlstone passes stress test with room to spare'),
('MARL', '2026-10-22 10:20Z', 'Market Lantern', 'Marlstone sets aside more for property defaults'),
('MARL', '2026-10-11 08:30Z', 'City Tape', 'Marlstone lending income jumps on higher rates'),
('MARL', '2026-09-27 12:40Z', 'Ledger Wire', 'Rating agency lowers Marlstone outlook to negative'),
('MARL', '2026-09-14 07:25Z', 'Market Lantern', 'Marlstone resolves outage that locked out customers'),
('MARL', '2026-09-03 06:15Z', 'Northgate Journal', 'Marlstone to close 30 branches'),
('OSTR', '2026-11-18 09:35Z', 'Ledger Wire', 'Ostrava Motors deliveries beat expectations in Europe'),
('OSTR', '2026-11-11 07:55Z', 'City Tape', 'Ostrava recalls 60,000 vans over brake defect'),
('OSTR', '2026-11-03 13:45Z', 'Market Lantern', 'Ostrava secures battery supply, easing shortage fears'),
('OSTR', '2026-10-25 10:05Z', 'Northgate Journal', 'Tariffs could wipe out Ostrava margin, analysts fear'),
('OSTR', '2026-10-14 06:25Z', 'Ledger Wire', 'Ostrava posts robust cash flow and lower debt'),
('OSTR', '2026-10-01 15:10Z', 'City Tape', 'Ostrava halts assembly line amid weak orders'),
('OSTR', '2026-09-19 08:15Z', 'Market Lantern', 'Reviewers praise Ostrava compact, orders climb'),
('OSTR', '2026-09-05 07:40Z', 'Ledger Wire', 'Ostrava shows concept car in Munich'),
('TIDE', '2026-11-19 06:50Z', 'Market Lantern', 'Tidewater Logistics lowers forecast as freight rates sink'),
('TIDE', '2026-11-13 11:00Z', 'Ledger Wire', 'Tidewater completes merger, expects strong savings'),
('TIDE', '2026-11-05 08:40Z', 'City Tape', 'Cyber attack disrupts Tidewater port terminals'),
('TIDE', '2026-10-27 14:55Z', 'Northgate Journal', 'Tidewater cleared of wrongdoing in customs probe'),
('TIDE', '2026-10-17 07:30Z', 'Ledger Wire', 'Tidewater profit more than doubles on busy autumn'),
('TIDE', '2026-10-06 12:25Z', 'City Tape', 'Tidewater vessel runs aground, insurers face losses'),
('TIDE', '2026-09-23 09:20Z', 'Market Lantern', 'Tidewater wins upgrade as backlog grows'),
('TIDE', '2026-09-11 06:10Z', 'Ledger Wire', 'Tidewater orders four vessels for delivery in 2029');
