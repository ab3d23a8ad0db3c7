// SPDX-License-Identifier: ISC
//
// oidc-provider's storage in PostgreSQL: what its documentation asks of an
// adapter, one prepared statement for each call, rows found by primary key.

import pg from 'pg';

const pool = new pg.Pool({ max: Number(process.env.BENCH_CONNECTIONS) });

const query = (name, text, values) =>
    pool.query({ name: `oidc_${name}`, text, values });

const found = ({ rows: [row] }) => row && {
	...row.payload, ...(row.consumed && { consumed: row.consumed }) };

const LIVE = `select payload, extract(epoch from consumed_at)::bigint::text
	as consumed from oidc_payload where (expires_at is null
	or expires_at > now()) and model = $1 and `;

export class Adapter {
	constructor(model) {
		this.model = model;
	}

	async upsert(id, payload, expiresIn) {
		await query('upsert', `insert into oidc_payload (model, id, payload,
			grant_id, uid, expires_at)
			values ($1, $2, $3, $4, $5, now() + $6 * interval '1 s')
			on conflict (model, id) do update
			set payload = excluded.payload, grant_id = excluded.grant_id,
			uid = excluded.uid, expires_at = excluded.expires_at`,
		    [this.model, id, JSON.stringify(payload), payload.grantId,
			payload.uid, expiresIn]);
	}

	async find(id) {
		return found(await query('find', `${LIVE} id = $2`,
		    [this.model, id]));
	}

	async findByUid(uid) {
		return found(await query('uid', `${LIVE} uid = $2`,
		    [this.model, uid]));
	}

	async consume(id) {
		await query('consume', `update oidc_payload set consumed_at = now()
			where model = $1 and id = $2`, [this.model, id]);
	}

	async destroy(id) {
		await query('destroy', `delete from oidc_payload
			where model = $1 and id = $2`, [this.model, id]);
	}

	async revokeByGrantId(grantId) {
		await query('revoke', `delete from oidc_payload
			where grant_id = $1`, [grantId]);
	}
}
