// A reporter for node:test: one flat TAP line for each test, named with its
// file and the suites around it, as automake's driver counts them.

import { basename } from 'node:path';

const inert = (s) => String(s).replace(/[#\n\r\\]/g, ' ').trim();

function directive({ skip, todo }) {
	if (skip !== undefined && skip !== false)
		return ` # SKIP ${skip === true ? '' : inert(skip)}`;
	if (todo !== undefined && todo !== false)
		return ` # TODO ${todo === true ? '' : inert(todo)}`;
	return '';
}

function* explain({ details }) {
	const error = details?.error?.cause ?? details?.error;

	for (const line of String(error?.stack ?? error).split('\n').slice(0, 20))
		yield `#   ${line}\n`;
}

export default async function* tap(source) {
	const above = [];
	let count = 0;

	for await (const { type, data } of source) {
		if (type === 'test:start') {
			above.length = data.nesting;
			above[data.nesting] = data.name;
		} else if (type === 'test:diagnostic' && data.level === 'warn') {
			yield `# ${data.message}\n`;
		} else if (type === 'test:stderr' || type === 'test:stdout') {
			for (const line of data.message.trimEnd().split('\n'))
				yield `# ${line}\n`;
		} else if (type === 'test:pass' || type === 'test:fail') {
			const failed = type === 'test:fail';
			// a suite counts only when it failed by itself
			if (data.details?.type === 'suite' && (!failed ||
			    data.details.error?.failureType === 'subtestsFailed'))
				continue;
			const name = [basename(data.file ?? '', '.test.mjs'),
				...above.slice(0, data.nesting), data.name]
			    .map(inert).filter((s) => s !== '').join(': ');
			yield `${failed ? 'not ok' : 'ok'} ${++count} - ${name}` +
			    `${directive(data)}\n`;
			if (failed)
				yield* explain(data);
		}
	}
	yield `1..${count}\n`;
}
