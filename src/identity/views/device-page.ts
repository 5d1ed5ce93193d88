import { type Html, markup, trustedHtml } from '#infra/html/html.ts';
import { ABOUT, alert, layout } from './layout.ts';

export interface UserCodeView {
  /** Path that the form is posted to. */
  readonly action: string;
  /** Against forms of foreign pages. */
  readonly token: string;
  /** As it was typed, or as the address of the page holds it. */
  readonly userCode?: string;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

/** Asks for the code that a device shows. One that came with the address is filled in, and somebody still has to go on with it. */
export const userCodePage = ({ action, token, userCode = '', problem }: UserCodeView): Html => {
  const described = problem === undefined ? markup` aria-describedby="hint"` : markup` aria-invalid="true" aria-describedby="problem hint"`;
  return layout({
    title: problem === undefined ? 'Connect a device' : 'Error: connect a device',
    content: markup`<h1>Connect a device</h1>
<p id="hint">A device that asked you to come here shows a code of eight letters. Enter it only when you have the device before you.</p>
${alert(problem)}
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${token}">
<label for="user_code">Code</label>
<input id="user_code" class="code" name="user_code" type="text" value="${userCode}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="32" required autofocus${described}>
<div class="actions"><button class="primary" type="submit">Continue</button></div>
</form>`,
    ways: [ABOUT],
  });
};

export interface ConfirmDeviceView {
  /** The provider's own form with id `op.deviceConfirmForm`: trusted markup with its token against foreign pages. */
  readonly form: string;
  readonly clientName: string;
  readonly userCode: string;
  /** Of the network that asked for the code. */
  readonly address: string;
  /** Who is logged in; absent where nobody is. */
  readonly username?: string;
}

/** Shows whose code it is, before anybody logs in or allows anything: a code may have come from a stranger. */
export const confirmDevicePage = ({ form, clientName, userCode, address, username }: ConfirmDeviceView): Html =>
  layout({
    title: 'Compare the code',
    content: markup`<h1>Compare the code</h1>
<p><strong>${clientName}</strong> wants to connect the device that shows this code:</p>
<p class="code"><strong>${userCode}</strong></p>
<p>${
      username === undefined
        ? 'You log in on the next page, and then say what the device may do.'
        : markup`You are logged in as <strong>${username}</strong>. On the next page you say what the device may do, or log in with another account.`
    }</p>
<p class="muted">The device asked from <code>${address}</code>. If you did not begin this yourself, or the device shows another code, somebody may want to use your account: refuse.</p>
${trustedHtml(form)}
<div class="actions">
<button class="primary" type="submit" form="op.deviceConfirmForm">Continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Refuse</button>
</div>`,
  });

/** The device gets its tokens the next time that it asks. */
export const deviceConnectedPage = ({ clientName }: { readonly clientName: string }): Html =>
  layout({
    title: 'Device connected',
    content: markup`<h1>Your device is connected</h1>
<p>${clientName} has got the access that you allowed. Go back to your device: it goes on within seconds. You can close this page.</p>`,
    ways: [ABOUT],
  });

export const deviceRefusedPage = (): Html =>
  layout({
    title: 'Refused',
    content: markup`<h1>You refused</h1>
<p>The device gets no access, and its code is good for nothing any more. You can close this page.</p>`,
    ways: [{ href: '/device', text: 'Enter another code' }, ABOUT],
  });
