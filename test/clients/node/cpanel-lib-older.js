// SPDX-License-Identifier: Apache-2.0
'use strict';

// cpanel-lib as its own documentation shows it: no api.version, so every answer has its older shape; over plain HTTP.

const { promisify } = require('node:util');
const cpanel = require('cpanel-lib');
const { host, root, say, run } = require('./say');

function client(username, credential, options) {
    return promisify(cpanel.createClient({ host, username, ...credential, ...options }).call);
}

run(async () => {
    const plain = { port: 2086, secure: false };
    const call = client('root', { password: root.password }, plain);
    say('version', (await call('version', {})).version);
    say('loadavg', Object.keys(await call('loadavg', {})));

    const created = await call('createacct', {
        username: 'carol', domain: 'carol.example', password: 'carol-Lantern.43-narrow', plan: 'gold',
    });
    say('createacct', created.result.length, created.result[0].status, created.result[0].statusmsg, created.result[0].options.package);
    const again = await call('createacct', { username: 'carol', domain: 'other.example' });
    say('createacct again', again.result[0].status, /already exists/.test(again.result[0].statusmsg));
    const list = await call('listaccts', {});
    say('listaccts', list.status, list.acct.map(({ user }) => user));

    say('suspendacct', (await call('suspendacct', { user: 'carol' })).result[0].status);
    say('accountsummary', (await call('accountsummary', { user: 'carol' })).acct[0].suspended);
    say('unsuspendacct', (await call('unsuspendacct', { user: 'carol' })).result[0].status);
    const changed = await call('passwd', { user: 'carol', pass: 'carol-Lantern.45-narrow', password: 'carol-Lantern.45-narrow' });
    say('passwd', changed.passwd[0].status);
    say('removeacct', (await call('removeacct', { user: 'carol' })).result[0].status);
    say('unknown function', (await call('nosuch', {})).error);

    const overTLS = client('root', { accessKey: root.accessHash }, {});
    say('access hash', (await overTLS('gethostname', {})).hostname);
    const token = { accessKey: root.tokens.client.value };
    say('token', (await client('root', token, {})('gethostname', {})).hostname);
    say('token over plain HTTP', (await client('root', token, plain)('gethostname', {})).cpanelresult.error);
});
