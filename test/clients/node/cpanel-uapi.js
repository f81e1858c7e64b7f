// SPDX-License-Identifier: Apache-2.0
'use strict';

// cpanel-uapi: UAPI with the token of a cPanel account, which it replaces.

const fs = require('node:fs');
const path = require('node:path');
const { transform } = require('sucrase');
const { host, alice, say, run } = require('./say');

// The package was published as TypeScript, without the compiled files that it names as its entry.
require.extensions['.ts'] = (module, file) => {
    const { code } = transform(fs.readFileSync(file, 'utf8'), { transforms: ['typescript', 'imports'], filePath: file });
    module._compile(code, file);
};
const folder = path.dirname(require.resolve('cpanel-uapi/package.json'));
const { default: authorize, Email, Session, Tokens } = require(path.join(folder, 'src/index.ts'));

run(async () => {
    const login = (token) => authorize({ username: 'alice', token, cpanelUri: `https://${host}:2083` });
    login(alice.tokens.app.value);
    const pops = await Email.listpops();
    say('list_pops', pops.status, pops.errors, pops.data.map(({ email }) => email));

    const made = await Tokens.createfullaccess({ name: 'next' });
    say('create_full_access', made.status, typeof made.data.token);
    const taken = await Tokens.createfullaccess({ name: 'next' });
    say('create_full_access again', taken.status, taken.errors.length);
    login(made.data.token);
    say('revoke', (await Tokens.revoke({ name: 'app' })).data);
    say('rename', (await Tokens.rename({ name: 'next', new_name: 'app' })).data);
    say('list', (await Tokens.list()).data.map(({ name }) => name));
    const session = await Session.createwebmailsessionformailuser({ login: 'info', domain: 'alice.example' });
    say('create_webmail_session', /^\/cpsess\d{10}$/.test(session.data.token), session.data.hostname);

    login(alice.tokens.app.value);
    say('with the revoked token', (await Tokens.list()).cpanelresult.error);
});
