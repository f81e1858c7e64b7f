// SPDX-License-Identifier: Apache-2.0
'use strict';

// cpanel-rest-api, which tells refusals by metadata.result and unwraps what the cpanel function carries.

const { WHM, UAPI } = require('cpanel-rest-api');
const { host, root, alice, say, refusal, run } = require('./say');

// The library turns down plain objects where it means to demand them, so it is given some other kind of object.
const notPlain = (options) => Object.assign(Object.create({}), options);

run(async () => {
    const whm = new WHM({ host, username: 'root', accessKey: root.tokens.client.value });
    say('version', (await whm.api('version')).version);
    say('loadavg', Object.keys(await whm.api('loadavg')));

    const params = { username: 'erin', domain: 'erin.example', password: 'erin-Lantern.46-narrow' };
    say('createacct', (await whm.api({ action: 'createacct', params })).package);
    const twice = await refusal(whm.api({ action: 'createacct', params }));
    say('createacct again', /already exists/.test(twice.message));
    const weak = await refusal(whm.api({ action: 'passwd', params: { user: 'erin', password: 'short' } }));
    say('passwd', /it is too weak and would be too easy to guess/.test(weak.message));
    await whm.api({ action: 'suspendacct', params: { user: 'erin' } });
    const [summary] = (await whm.api({ action: 'accountsummary', params: { user: 'erin' } })).acct;
    say('accountsummary', summary.domain, summary.suspended);
    await whm.api({ action: 'unsuspendacct', params: { user: 'erin' } });

    await whm.api({ action: 'setupreseller', params: { user: 'erin', makeowner: 1 } });
    const [{ owner }] = (await whm.api({ action: 'listaccts', params: { search: 'erin', searchtype: 'user', want: 'owner' } })).acct;
    say('setupreseller', owner);

    const tokens = { module: 'Tokens', func: 'create_full_access', params: { name: 'made-through-whm' } };
    const made = await whm.uapi('erin').api(tokens);
    say('UAPI through WHM', typeof made.token, (await whm.uapi('erin').api({ module: 'Tokens', func: 'list' }))[0].name);
    const taken = await refusal(whm.uapi('erin').api(tokens));
    say('UAPI, refused', taken.message !== '');

    const command = ['accountsummary?user=erin', `uapi_cpanel?${new URLSearchParams({
        'cpanel.user': 'alice', 'cpanel.module': 'Email', 'cpanel.function': 'list_pops',
    })}`, 'nosuch'];
    const { result } = await whm.api({ action: 'batch', params: { command } });
    say('batch', result.map(({ metadata }) => `${metadata.command}=${metadata.result}`), result[1].data.uapi.data.length);

    const cpanel = new UAPI({ host, username: 'alice', password: alice.password });
    say('UAPI of cPanel', (await cpanel.api(notPlain({ module: 'Email', func: 'list_pops' }))).map(({ email }) => email));

    await whm.api({ action: 'removeacct', params: { user: 'erin' } });
    const gone = await refusal(whm.api({ action: 'removeacct', params: { user: 'erin' } }));
    say('removeacct', /You do not have a user named “erin”/.test(gone.message));
    const denied = await refusal(new WHM({ host, username: 'root', accessKey: 'WRONG' }).api('version'));
    say('wrong token', denied.response.status, denied.response.statusText);
});
