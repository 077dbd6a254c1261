import { useState } from 'preact/hooks';
import { setToken } from '../net/token';

/** Shown when the server refuses access without a valid token. */
export function TokenPrompt({ why, onEnter }: { why: string; onEnter(): void }) {
  const [text, setText] = useState('');
  return (
    <form
      class="banner banner-lost token" role="alert"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(text);
        setText('');
        onEnter();
      }}
    >
      <label>
        This server requires an access token ({why}).{' '}
        <input type="password" autocomplete="current-password" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" disabled={text.trim() === ''}>Enter</button>
    </form>
  );
}
