// SPDX-License-Identifier: Apache-2.0
'use strict';

// Logins as a browser, a program and a link make them. In the session that they open, cpanel-lib goes on.

const https = require('node:https');
const { promisify } = require('node:util');
const cpanel = require('cpanel-lib');
const { host, root, alice, say, run } = require('./say');

const base = (port) => `https://${host}:${port}`;

const post = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

// What a login leaves behind: the cookie, and the segment that every later path begins with.
function opened(response) {
    const [cookie] = response.headers.getSetCookie()[0].split(';');
    const [, token] = response.headers.get('location').split('/');
    return { cookie, token };
}

// The library knows no cookies, so its connection sends one in place of the Authorization header.
function client(port, { cookie, token }, username) {
    const created = cpanel.createClient({ host, port, username, password: '', path: `/${token}/json-api/` });
    created.connection = {
        get: (options, done) => https.get({ ...options, headers: cookie ? { Cookie: cookie } : {} }, done),
    };
    return created;
}

const whm = (session) => promisify(client(2087, session, 'root').call);
const version1 = { 'api.version': 1 };

async function asBrowser() {
    const page = await (await fetch(base(2087))).text();
    const [, action] = page.match(/<form id="login_form" action="([^"]*)" method="post">/);
    const fields = [...page.matchAll(/<input name="([^"]*)"/g)].map(([, name]) => name);
    say('login page', action, fields);
    const values = { [fields[0]]: 'root', [fields[1]]: root.password, goto_uri: '/scripts/command' };
    const answer = await post(new URL(action, base(2087)), values);
    const session = opened(answer);
    say('login', answer.status, answer.headers.get('location').replace(/\d{10}/, 'N'));
    say('in the session', (await whm(session)('gethostname', version1)).data.hostname);
    say('without the cookie', (await whm({ token: session.token })('gethostname', version1)).cpanelresult.error);
    return session;
}

async function asProgram() {
    const answer = await post(`${base(2083)}/login/`, { user: 'alice', pass: alice.password, login_only: 1 });
    const { status, security_token: token } = await answer.json();
    const session = { cookie: opened(answer).cookie, token: token.slice(1) };
    const { cpanelresult } = await promisify(client(2083, session, 'alice').callApi2)('Email', 'listpops', {});
    say('login_only', answer.status, status, cpanelresult.data.length);
    const wrong = await post(`${base(2083)}/login/`, { user: 'alice', pass: 'wrong', login_only: 1 });
    say('wrong password', wrong.status, (await wrong.json()).status);
}

async function byLink(session) {
    const params = { ...version1, user: 'alice', service: 'cpaneld' };
    const { data } = await whm(session)('create_user_session', params);
    const url = new URL(data.url);
    say('create_user_session', url.hostname, url.port, url.pathname.startsWith(data.cp_security_token));
    url.hostname = host; // the name of the server is for another resolver
    const visit = await fetch(url, { redirect: 'manual' });
    const { cpanelresult } = await promisify(client(2083, opened(visit), 'alice').callApi2)('Email', 'listpops', {});
    say('opened', visit.status, cpanelresult.data.length);
}

run(async () => {
    const session = await asBrowser();
    await asProgram();
    await byLink(session);
    await fetch(`${base(2087)}/${session.token}/logout/`, { headers: { Cookie: session.cookie } });
    say('after logout', (await whm(session)('gethostname', version1)).cpanelresult.error);
    const redirected = await fetch(`http://${host}:2086/json-api/version`, { redirect: 'manual' });
    say('plain port', redirected.status, redirected.headers.get('location').split(':')[0]);
});
