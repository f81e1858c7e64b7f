// SPDX-License-Identifier: Apache-2.0
'use strict';

// XML output. No library of npm speaks it any more; this one sends the request and leaves the answer as it came.

const { WHM } = require('cpanel-rest-api');
const { parseStringPromise } = require('xml2js');
const { host, root, say, refusal, run } = require('./say');

run(async () => {
    const whm = new WHM({ host, username: 'root', accessKey: root.tokens.client.value });
    const xml = async (name, params) => parseStringPromise(
        await whm._request({ path: ['xml-api', name], params }), { explicitArray: false },
    );
    if (process.argv[2] === 'removed') {
        say('XML', (await refusal(xml('version'))).response.status);
        return;
    }
    say('version', (await xml('version')).version.version);
    const created = await xml('createacct', {
        username: 'frank', domain: 'frank.example', password: 'frank & <Lantern>.47', 'api.version': 1,
    });
    say('createacct', created.result.metadata.result, created.result.metadata.reason);
    const old = await xml('suspendacct', { user: 'frank', reason: 'a < b & c' });
    say('suspendacct', old.suspendacct.result.status);
    const list = await xml('listaccts');
    say('listaccts', list.listaccts.acct.map(({ user }) => user), list.listaccts.acct[1].suspendreason);
    const pops = await xml('cpanel', {
        cpanel_xmlapi_user: 'alice', cpanel_xmlapi_module: 'Email', cpanel_xmlapi_func: 'listpops', cpanel_xmlapi_apiversion: 2,
    });
    say('API 2', pops.cpanelresult.event.result, pops.cpanelresult.data.map(({ email }) => email));
    say('removeacct', (await xml('removeacct', { user: 'frank' })).removeacct.result.status);
    const denied = await refusal(new WHM({ host, username: 'root', accessKey: 'WRONG' })._request({ path: ['xml-api', 'version'] }));
    say('wrong token', denied.response.status);
});
