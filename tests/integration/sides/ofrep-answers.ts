import Ajv from 'ajv';

/**
 * OFREP 0.3.0's answers, corrected: the published schema lets a text match both a flag with a value and one that leaves it to the
 * code, and its list of reasons lacks DEFAULT, CACHED and STALE, which OpenFeature defines.
 */
const metadata = { type: 'object', additionalProperties: { type: ['boolean', 'string', 'number'] } };
const success = {
  type: 'object',
  required: ['key', 'value', 'reason'],
  properties: {
    key: { type: 'string' },
    value: { enum: ['legacy', 'target'] },
    variant: { type: 'string' },
    reason: { enum: ['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN', 'DEFAULT', 'CACHED', 'STALE'] },
    metadata,
  },
  additionalProperties: false,
};
const failure = {
  type: 'object',
  required: ['key', 'errorCode'],
  properties: {
    key: { type: 'string' },
    errorCode: { enum: ['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'FLAG_NOT_FOUND', 'GENERAL'] },
    errorDetails: { type: 'string', minLength: 1 },
    metadata,
  },
  additionalProperties: false,
};
/** Where the client is told of changes: an address, or the part of one behind the origin that it asks anyway; never both. */
const eventStream = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['sse'] },
    url: { type: 'string', pattern: '^https?://' },
    endpoint: {
      type: 'object',
      required: ['requestUri'],
      properties: { origin: { type: 'string', pattern: '^https?://' }, requestUri: { type: 'string', pattern: '^/' } },
      additionalProperties: false,
    },
    inactivityDelaySec: { type: 'integer', minimum: 1 },
  },
  oneOf: [{ required: ['url'] }, { required: ['endpoint'] }],
  additionalProperties: false,
};
const bulk = {
  type: 'object',
  required: ['flags'],
  properties: {
    flags: { type: 'array', items: { oneOf: [success, failure] } },
    metadata,
    eventStreams: { type: 'array', items: eventStream },
  },
  additionalProperties: false,
};

const ajv = new Ajv({ allowUnionTypes: true, strictRequired: false });

export const isSuccess = ajv.compile(success);
export const isFailure = ajv.compile(failure);
export const isBulk = ajv.compile(bulk);
