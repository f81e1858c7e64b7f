// SPDX-License-Identifier: Apache-2.0
'use strict';

// cpanel-node: cPanel API 2 as the account itself.

const CPanel = require('cpanel-node');
const { host, alice, say, run } = require('./say');

run(async () => {
    const account = (pass) => new CPanel({ host, user: 'alice', pass, https: true, port: '2083' });
    const change = async (password) => {
        const { response } = await account(alice.password).emailPasswdpop({ domain: 'alice.example', email: 'info', password });
        return JSON.parse(response).cpanelresult;
    };
    const changed = await change('info-Lantern.48-narrow');
    say('passwdpop', changed.apiversion, changed.event.result, changed.data[0].result);
    const weak = await change('abc');
    say('passwdpop, weak', weak.event.result, weak.data[0].result, /too weak/.test(weak.data[0].reason));
    const { response } = await account(alice.password).emailAddpop({
        domain: 'alice.example', email: 'new', password: 'new-Lantern.49-narrow', quota: 10,
    });
    say('addpop', JSON.parse(response).cpanelresult.error);
    const denied = await account('wrong').emailPasswdpop({ domain: 'alice.example', email: 'info', password: 'x' });
    say('wrong password', denied.header.statusCode, JSON.parse(denied.response).cpanelresult.error);
});
