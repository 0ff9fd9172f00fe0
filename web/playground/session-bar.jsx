import { useEffect, useState } from 'react';
import { readSession } from './session.js';
import { texts } from './texts.js';

const loginAddress = '/auth/login?return_to=/playground/';

/** The strip above GraphiQL: whose API this is, whether somebody is logged in, and where to go from here. */
export function SessionBar() {
  const text = texts(navigator.language);
  const [session, setSession] = useState({ state: 'unknown' });

  useEffect(() => {
    const ask = () => readSession().then(setSession);
    // Logging in or out happens in other tabs too; asking does not extend the session.
    const askWhenSeen = () => document.visibilityState === 'visible' && ask();
    ask();
    document.addEventListener('visibilitychange', askWhenSeen);
    return () => document.removeEventListener('visibilitychange', askWhenSeen);
  }, []);

  return (
    <header className="session-bar">
      <strong>kabinet</strong>
      <span className="session-bar-title">{text.title}</span>
      <nav>
        <a href="/schema.graphql" target="_blank" rel="noreferrer">{text.schema}</a>
        <a href="/dev" target="_blank" rel="noreferrer">{text.dev}</a>
      </nav>
      <span className="session-state" data-session={session.state} role="status">
        {text[session.state]}
      </span>
      {session.state === 'none' && <a className="session-login" href={loginAddress}>{text.login}</a>}
    </header>
  );
}
