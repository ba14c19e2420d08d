import { isVendorId } from '../../../domain/crosswalk/vendor-id-grammar';

const id = (text: string, kind = 'customer') => ({ vendor: 'legacy-billing', kind, id: text });

describe('R46 what may be an id of a vendor', () => {
  it.each(['cus_Abc123', '51', '110530463953', 'auth0|65f1', '9f0c7a3e-0f0d-4c4e-8a52-0e2d4b8f2a11', 'rx:1/2', 'a'])(
    'takes %s',
    (text) => {
      expect(isVendorId(id(text))).toBe(true);
    },
  );

  it.each(['', 'jane@example.com', '+15550100', 'Jane Doe', 'x'.repeat(256), '\u0000', 'é', '(555) 0100'])(
    'takes no address, number or name: %j',
    (text) => {
      expect(isVendorId(id(text))).toBe(false);
    },
  );

  it.each(['email', 'e-mail', 'phone', 'phoneNumber', 'mobile', 'address', 'sms', 'firstName', 'user_name', '', 'a b'])(
    'takes nothing that is called %j, whatever it looks like: people share it',
    (kind) => {
      expect(isVendorId(id('15550100', kind))).toBe(false);
    },
  );
});
