/** An own account, to be paid: its address as text and as a code. */
import { Notice } from '../../common/components.js';
import { accountName, inGroups } from '../format.js';
import { CopyButton } from '../parts/copy-button.js';
import { QrCode } from '../parts/qr-code.js';
import { place } from '../router.js';
import { snapshot } from '../session.js';

export function AccountPage() {
  const number = Number(place.value.query.get('number'));
  const account = snapshot.value.accounts.find(known => known.account === number);
  if (!account) return <Notice look="bad">This account is not in the wallet.</Notice>;
  const { address } = account;
  return (
    <div class="narrow stack loose">
      <div class="stack tight">
        <h1>Be paid</h1>
        <p class="soft">{`Show this to whoever pays you. It is the address of ${accountName(account)}, and tells nothing else.`}</p>
      </div>
      <div class="card stack receive">
        <QrCode text={address.toUpperCase()} label={`QR code of the address ${address}`} />
        <p class="mono address break">
          {inGroups(address).map((group, i) => (
            <span key={i}>{group}</span>
          ))}
        </p>
        <CopyButton text={address}>Copy the address</CopyButton>
      </div>
      <p class="small soft">
        Its last letters are a checksum: up to four mistyped characters are always found, so a slip of the finger pays
        nobody else.
      </p>
    </div>
  );
}
