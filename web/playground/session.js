/**
 * Asks the server whether this browser is logged in.
 *
 * @returns {Promise<{state: 'open' | 'none' | 'unknown'}>} unknown when the server did not say
 */
export async function readSession() {
  try {
    const response = await fetch('/auth/session', {
      credentials: 'same-origin',
      headers: { Accept: 'application/json', 'X-CSRF': '1' },
    });
    if (response.status === 401) {
      return { state: 'none' };
    }
    if (!response.ok) {
      return { state: 'unknown' };
    }
    const { authenticated } = await response.json();
    return { state: authenticated ? 'open' : 'none' };
  } catch {
    // No connection, or no JSON: the bar says so, and GraphiQL shows the particulars of its own requests.
    return { state: 'unknown' };
  }
}
