import { z } from 'zod';
import { isVendorId } from '../../crosswalk/vendor-id-grammar';

/** What a system calls ids of a kind. */
export const vendorIdKind = z.string().refine((kind) => isVendorId({ vendor: 'any', kind, id: '1' }), {
  error:
    "Write what the system calls the id in letters, digits and the signs . _ -, such as 'customer'. A contact detail is no id: people share it.",
});

const TEMPLATE =
  "Write a whole https address with '{id}' once, after the host, such as 'https://billing.example/customers/{id}'; without a name or a password in it.";

/** An address that an id is filled in to. */
export const pageTemplate = z.string().max(500).refine(isPageTemplate, { error: TEMPLATE });

/** The id must not decide whose server is asked, and goes over the network: https, and never within the host. */
function isPageTemplate(template: string): boolean {
  const [before, after, ...others] = template.split('{id}');
  if (before === undefined || after === undefined || others.length > 0) return false;
  if (!/^https:\/\/[^/?#\s{}@]+[/?#][^\s{}]*$/.test(before) || /[\s{}]/.test(after)) return false;
  return URL.canParse(`${before}1${after}`);
}
