/* SPDX-License-Identifier: ISC */

/*
 * What tests/check/secrets.sh must find, and what not: never compiled.  Each
 * wrong one is marked.
 */

static void
wrong(struct request *r, const char *password, const char *event)
{
	log_event(LOG_WARN, "refused", "why", password, NULL); /* wrong */
	log_event(LOG_WARN, "refused", "query", q->name, "secret", /* wrong */
	    client->secret, NULL);
	log_event(LOG_WARN, "refused", "body", r->body, NULL); /* wrong */
	log_event(LOG_WARN, event, NULL); /* wrong */
	log_event(LOG_WARN, "refused", key, "text", NULL); /* wrong */
	log_event(LOG_WARN, "refused", "why", r->value[P_CODE], NULL); /* wrong */
	log_event(level(), "refused", "why", f(a, "b, c"), NULL); /* wrong */
}

static void
right(struct request *r)
{
	log_event(LOG_ERROR, "no_socket", NULL);
	log_event(LOG_WARN, "refused, with a (", "address", r->address, NULL);
	log_event(
	    LOG_ERROR, "statement_refused", "query", q->name, "why", why, NULL);
}
