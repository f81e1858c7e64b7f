// SPDX-License-Identifier: Apache-2.0
'use strict';

// cpanel-lib on a server of today: a reseller and its customer come and go.

const { promisify } = require('node:util');
const cpanel = require('cpanel-lib');
const { host, root, alice, say, run } = require('./say');

function client(username, credential, options = {}) {
    const created = cpanel.createClient({ host, username, ...credential, ...options });
    const version1 = (call) => (action, params) => call(action, { 'api.version': 1, ...params });
    return {
        call: version1(promisify(created.call)),
        old: promisify(created.call),
        api1: promisify(created.callApi1),
        api2: promisify(created.callApi2),
        uapi: promisify(created.callUapi),
    };
}

const names = (answer) => answer.data.acct.map(({ user, owner }) => `${user}/${owner}`);
const carolPassword = 'carol-Lantern.43-narrow';
const davePassword = 'dave-Lantern.44-narrow';

async function accounts(whm) {
    const version = await whm.call('version');
    say('version', version.data.version);
    const load = await whm.call('loadavg');
    say('loadavg', typeof load.one, typeof load.five, typeof load.fifteen, typeof load.metadata);

    const created = await whm.call('createacct', {
        username: 'carol', domain: 'carol.example', password: carolPassword, reseller: 1, plan: 'gold',
    });
    say('createacct', created.metadata.reason, created.data.package);
    const again = await whm.call('createacct', { username: 'carol', domain: 'other.example' });
    say('createacct again', again.metadata.result, /already exists/.test(again.metadata.reason));
    const granted = await whm.call('setacls', {
        reseller: 'carol', 'acl-create-acct': 1, 'acl-list-accts': 1, 'acl-acct-summary': 1,
    });
    say('setacls', granted.metadata.result);

    const carol = client('carol', { password: carolPassword });
    const { data } = await carol.call('myprivs');
    say('myprivs', Object.keys(data.privileges[0]).filter((acl) => data.privileges[0][acl] === '1'));
    const sold = await carol.call('createacct', { username: 'dave', domain: 'dave.example', password: davePassword });
    say('createacct by carol', sold.metadata.reason);
    say('listaccts of carol', names(await carol.call('listaccts')));
    const refused = await carol.call('suspendacct', { user: 'dave' });
    say('suspendacct by carol', refused.metadata.result);
}

async function suspension(whm) {
    const dave = client('dave', { password: davePassword }, { port: 2083 });
    const suspended = await whm.call('suspendacct', { user: 'dave', reason: 'unpaid' });
    say('suspendacct', suspended.metadata.result);
    const [summary] = (await whm.call('accountsummary', { user: 'dave' })).data.acct;
    say('accountsummary', summary.suspended, summary.suspendreason, summary.owner);
    const away = await dave.uapi('Email', 'list_pops', {});
    say('suspended', away.cpanelresult.error);
    const back = await whm.call('unsuspendacct', { user: 'dave' });
    say('unsuspendacct', back.metadata.result);
    const pops = await dave.uapi('Email', 'list_pops', {});
    say('unsuspended', pops.status, pops.data.length);
}

async function credentials(whm) {
    const { data } = await whm.call('api_token_create', { token_name: 'lister', 'acl-1': 'list-accts' });
    const lister = client('root', { accessKey: data.token });
    say('with the token', names(await lister.call('listaccts')));
    say('beyond its privileges', (await lister.call('removeacct', { user: 'dave' })).metadata.result);
    say('api_token_revoke', (await whm.call('api_token_revoke', { token_name: 'lister' })).metadata.result);
    say('with the revoked token', (await lister.call('listaccts')).cpanelresult.error);

    const byHash = client('root', { accessKey: root.accessHash });
    const hash = await byHash.call('accesshash', { user: 'root', generate: 0 });
    say('accesshash', hash.data.accesshash === root.accessHash);
    say('accesshash of nobody', (await client('root', { accessKey: 'f'.repeat(64) }).call('version')).cpanelresult.error);
}

async function cpanelFunctions(whm) {
    const listed = (await whm.api2('Email', 'listpops', {}, 'alice')).cpanelresult;
    say('API 2 through WHM', listed.event.result, listed.data.map(({ email }) => email));
    const missing = await whm.api2('Email', 'nosuch', {}, 'alice');
    say('API 2, unknown', missing.cpanelresult.error);
    const ancient = await whm.api1('Email', 'addpop', ['x'], 'alice');
    say('API 1', ancient.cpanelresult.error);

    const own = client('alice', { password: alice.password }, { port: 2083 });
    const pops = (await own.api2('Email', 'listpops', {})).cpanelresult;
    say('API 2 of cPanel', pops.data.map(({ email }) => email));
    const batch = await whm.call('batch', { 'command-0': 'gethostname', 'command-1': 'nosuch', 'command-2': 'myprivs' });
    say('batch', batch.data.result.map(({ metadata }) => `${metadata.command}=${metadata.result}`));
}

run(async () => {
    const whm = client('root', { accessKey: root.tokens.client.value });
    await accounts(whm);
    await suspension(whm);
    await credentials(whm);
    await cpanelFunctions(whm);
    for (const user of ['dave', 'carol']) {
        say(`removeacct ${user}`, (await whm.call('removeacct', { user })).metadata.result);
    }
    say('listaccts', names(await whm.call('listaccts')));
    say('unknown function', (await whm.call('nosuch')).metadata.result, (await whm.old('nosuch', {})).error);
});
