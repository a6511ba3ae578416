import { definePolicy } from 'safekeep/policy';

/**
 * What the shop Larkspur Lane and its ISP Harrow Net promise about their customers' data: one declaration, mounted by
 * both servers. Clauses (a) to (g) are those of the 2004 policy that the toolkit began with.
 */
export const policy = definePolicy({
  application: 'larkspur',
  purposes: {
    account: { basis: 'contract', use: 'essential.service' },
    orders: { basis: 'contract', use: 'essential.service.payment_processing' },
    billing: { basis: 'contract', use: 'essential.service.payment_processing' },
    provisioning: { basis: 'contract', use: 'essential.service' },
    analytics: { basis: 'legitimate_interest', use: 'analytics.reporting', preference: 'opt_out' },
    personalization: { basis: 'legitimate_interest', use: 'personalize.content', preference: 'opt_out' },
    newsletter: { basis: 'consent', use: 'marketing.advertising.first_party' },
    partner_offers: { basis: 'consent', use: 'marketing.advertising.third_party' },
    legal: { basis: 'legal_obligation', use: 'essential.legal_obligation' },
  },
  tables: {
    customers: {
      row: 'id',
      columns: {
        name: {
          is: 'name',
          for: ['account', 'orders', 'newsletter', 'partner_offers', 'legal'],
          requiredFor: 'account',
        },
        address: { is: 'postal_address', for: ['account', 'orders', 'partner_offers', 'legal'], requiredFor: 'orders' },
        email: {
          is: 'email',
          for: ['account', 'orders', 'newsletter', 'legal'],
          requiredFor: 'account',
          index: { name: 'email', unique: true },
        },
        // Never for marketing and never for a third party: the phone is for the account and its orders.
        phone: { is: 'phone', for: ['account', 'orders', 'legal'], requiredFor: 'orders' },
        card_number: { is: 'card_number', for: ['orders'], requiredFor: 'orders' },
        card_expiry: { is: 'card_expiry', for: ['orders'], requiredFor: 'orders' },
        password: { is: 'password_hash', for: [], requiredFor: 'account' },
        created_at: 'not personal',
      },
    },
    orders: {
      row: 'id',
      columns: {
        customer: { is: 'customer_number', for: ['orders', 'account', 'legal'] },
        items: { is: 'purchase', for: ['orders', 'account', 'personalization', 'legal'], value: 'json' },
        ship_to: { is: 'postal_address', for: ['orders', 'legal'] },
        card_last4: { is: 'card_number', for: ['orders', 'account'] },
        total_cents: 'not personal',
        placed_at: 'not personal',
      },
    },
    carts: {
      row: 'id',
      columns: {
        customer: { is: 'customer_number', for: ['orders'] },
        items: { is: 'purchase', for: ['orders'], value: 'json' },
        updated_at: 'not personal',
      },
    },
    products: 'not personal',
    // The ISP's own, in its own database: the shop names them in `elsewhere`, and the ISP the shop's.
    subscribers: {
      row: 'id',
      columns: {
        name: {
          is: 'name',
          for: ['account', 'billing', 'provisioning', 'newsletter', 'legal'],
          requiredFor: 'account',
        },
        address: {
          is: 'postal_address',
          for: ['account', 'billing', 'provisioning', 'legal'],
          requiredFor: 'provisioning',
        },
        email: {
          is: 'email',
          for: ['account', 'newsletter', 'legal'],
          requiredFor: 'account',
          index: { name: 'email', unique: true },
        },
        // Not for provisioning: who mends a line asks us, and we call.
        phone: { is: 'phone', for: ['account', 'legal'], requiredFor: 'account' },
        card_number: { is: 'card_number', for: ['billing'], requiredFor: 'billing' },
        card_expiry: { is: 'card_expiry', for: ['billing'], requiredFor: 'billing' },
        password: { is: 'password_hash', for: [], requiredFor: 'account' },
        line_login: { is: 'customer_number', for: ['account', 'provisioning'], source: 'line order' },
        line_secret: { is: 'credential', for: ['provisioning'], source: 'line order' },
        start_page: { is: 'interest', for: ['account', 'personalization'], value: 'json', source: 'start page' },
        plan: 'not personal',
        line_partner: 'not personal',
        line_state: 'not personal',
        line_since: 'not personal',
        created_at: 'not personal',
      },
    },
    // What the line says of itself (RFC 2866): one row per connection, gone after the days below.
    line_sessions: {
      row: 'id',
      columns: {
        subscriber: { is: 'customer_number', for: ['account', 'billing', 'legal'], source: 'line' },
        session: { is: 'customer_number', for: ['account', 'legal'], source: 'line' },
        address: {
          is: 'ip_address',
          for: ['legal'],
          source: 'line',
          erase: { retain: 'requests of authorities', days: 90 },
        },
        nas: 'not personal',
        partner: 'not personal',
        last_record: 'not personal',
        octets_in: 'not personal',
        octets_out: 'not personal',
        seconds: 'not personal',
        cause: 'not personal',
        started_at: 'not personal',
        heard_at: 'not personal',
        ended_at: 'not personal',
      },
    },
    // Written once and never changed, so each row is sealed as a whole.
    bills: {
      row: 'id',
      seal: 'row',
      columns: {
        subscriber: { is: 'customer_number', for: ['account', 'billing', 'legal'], source: 'bill' },
        name: { is: 'name', for: ['account', 'billing', 'legal'], source: 'bill' },
        address: { is: 'postal_address', for: ['account', 'billing', 'legal'], source: 'bill' },
        card_last4: { is: 'card_number', for: ['account', 'billing'], source: 'bill' },
        items: {
          is: 'purchase',
          for: ['account', 'billing', 'legal'],
          atRest: 'sealed',
          erase: 'shred',
          value: 'json',
          source: 'bill',
        },
        month: 'not personal',
        total_cents: 'not personal',
        billed_at: 'not personal',
      },
    },
  },
  recipients: {
    isp_partners: {
      clause: 'a',
      class: 'processor',
      contract: 'agreement with the line and start-page providers',
      purposes: ['provisioning'],
      // No telephone: the 2004 policy shares it with nobody but whom it names, and a line is built without it.
      categories: ['user.name', 'user.contact.address', 'user.unique_id'],
    },
    affiliates: {
      clause: 'b',
      class: 'affiliate',
      contract: 'intra-group agreement',
      purposes: ['account', 'orders'],
      categories: ['user.name', 'user.contact.address', 'user.contact.email'],
    },
    home_and_hearth_media: {
      clause: 'c',
      class: 'third_party',
      contract: 'content agreement',
      purposes: ['partner_offers'],
      categories: ['user.name', 'user.contact.address'],
    },
    strategic_partners: {
      clause: 'd',
      class: 'third_party',
      contract: 'marketing agreements',
      purposes: ['partner_offers'],
      categories: ['user.name', 'user.contact.address'],
    },
    payment_and_parcel: {
      clause: 'e',
      class: 'processor',
      contract: 'outsourcing agreements',
      purposes: ['orders'],
      categories: ['user.name', 'user.contact.address', 'user.contact.phone_number', 'user.financial.credit_card'],
    },
    authorities: {
      clause: 'f',
      class: 'authority',
      purposes: ['legal'],
      categories: ['user.name', 'user.contact', 'user.behavior.purchase_history'],
    },
    successor: {
      clause: 'g',
      class: 'successor',
      purposes: ['account', 'orders'],
      categories: ['user.name', 'user.contact', 'user.behavior.purchase_history'],
    },
    chosen_company: {
      clause: 'directed',
      class: 'subject_directed',
      purposes: ['partner_offers'],
      categories: ['user.name', 'user.contact.address'],
    },
  },
  notices: [{ version: '2026-11', effective: '2026-11-01', text: 'First notice of the new shop.' }],
  contact: {
    email: 'privacy@shop.example',
    address: ['Larkspur Lane', 'Customer privacy', '1 Example Way', 'Springfield'],
  },
});
