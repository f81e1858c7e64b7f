// SPDX-License-Identifier: Apache-2.0
'use strict';

// What every script shares: the server, its credentials, and one line of output for each step.

const server = require(process.env.WHM_INVENTORY);

module.exports = {
    host: process.env.WHM_HOST,
    root: server.users.root,
    alice: server.accounts.alice,

    say(step, ...values) {
        console.log(`${step}: ${values.join(' ')}`.trim());
    },

    // Resolves with what the promise is rejected with; a success is the failure.
    async refusal(promise) {
        const value = await promise.catch((error) => ({ error }));
        if (!value || value.error === undefined) {
            throw new Error('succeeded, and should not');
        }
        return value.error;
    },

    run(main) {
        main().catch((error) => {
            console.error(error);
            process.exitCode = 1;
        });
    },
};
