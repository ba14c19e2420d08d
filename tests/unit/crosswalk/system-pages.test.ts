import { pageTemplate, vendorIdKind } from '../../../domain/plan/schema/system-pages';
import { pageOf } from '../../../domain/timeline/page-of';

describe('R15 links out to the vendors’ pages', () => {
  it.each([
    'https://billing.example/customers/{id}',
    'https://crm.example/contact?id={id}&tab=all',
    'https://chart.example/#/patients/{id}',
  ])('takes %s', (template) => {
    expect(pageTemplate.safeParse(template).success).toBe(true);
  });

  it.each([
    'http://billing.example/customers/{id}',
    'https://{id}.example/customers',
    'https://billing.example{id}',
    'https://billing.example/customers',
    'https://billing.example/{id}/{id}',
    'https://user:secret@billing.example/{id}',
    'https://billing.example/{id}/{name}',
    'https://billing.example/a b/{id}',
    'javascript:alert({id})',
    '//billing.example/{id}',
    '',
  ])('refuses %s: the id must not decide whose server is asked', (template) => {
    expect(pageTemplate.safeParse(template).success).toBe(false);
  });

  it('has pages of ids alone, never of contact details', () => {
    expect(vendorIdKind.safeParse('customer').success).toBe(true);
    for (const kind of ['email', 'phone', 'a b', '']) expect(vendorIdKind.safeParse(kind).success).toBe(false);
  });

  it('fills an id in so that it stays one part of the address', () => {
    const systems = [{ id: 'b', side: 'legacy' as const, source: '/b', pages: { x: 'https://b.example/x/{id}?y=1' } }];
    const page = (id: string, kind = 'x', vendor = 'b') => pageOf({ systems }, { vendor, kind, id });
    expect(page('a/../b?c#d|e')).toBe('https://b.example/x/a%2F..%2Fb%3Fc%23d%7Ce?y=1');
    expect(page('1', 'y')).toBeNull();
    expect(page('1', 'x', 'c')).toBeNull();
  });
});
