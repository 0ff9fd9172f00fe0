// The tabs a newcomer finds open. Each operation is a file of its own, so that it can be checked against the schema.
import dashboard from './dashboard.graphql';
import notices from './notices.graphql';
import saveAppealDraft from './save-appeal-draft.graphql';
import saveAppealDraftVariables from './save-appeal-draft.variables.json';
import statusChanged from './status-changed.graphql';
import statusChangedVariables from './status-changed.variables.json';
import submitAppeal from './submit-appeal.graphql';
import submitAppealVariables from './submit-appeal.variables.json';

/** The default tabs of GraphiQL. Idempotency keys are new at every call, so that an example can be run by many. */
export function defaultTabs() {
  return [
    // The variables of the first tab stay unseen until it is clicked, so it does without.
    { query: dashboard },
    tab(saveAppealDraft, saveAppealDraftVariables),
    tab(submitAppeal, submitAppealVariables),
    tab(statusChanged, statusChangedVariables),
    { query: notices },
  ];
}

function tab(query, variables) {
  const fresh = (key, value) => (key === 'idempotencyKey' ? newKey() : value);
  return { query, variables: JSON.stringify(variables, fresh, 2) };
}

/** 128 random bits in hexadecimal. `crypto.randomUUID` would need https or a loopback address. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
