import Ajv from 'ajv';

/**
 * OFREP 0.3.0's answers, corrected: the published schema lets a text match both a flag with a value and one that leaves it to the
 * code, and its list of reasons lacks DEFAULT and CACHED, which OpenFeature defines.
 */
const metadata = { type: 'object', additionalProperties: { type: ['boolean', 'string', 'number'] } };
const success = {
  type: 'object',
  required: ['key', 'value', 'reason'],
  properties: {
    key: { type: 'string' },
    value: { enum: ['legacy', 'target'] },
    variant: { type: 'string' },
    reason: { enum: ['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN', 'DEFAULT', 'CACHED'] },
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
const bulk = {
  type: 'object',
  required: ['flags'],
  properties: { flags: { type: 'array', items: { oneOf: [success, failure] } }, metadata },
  additionalProperties: false,
};

const ajv = new Ajv({ allowUnionTypes: true });

export const isSuccess = ajv.compile(success);
export const isFailure = ajv.compile(failure);
export const isBulk = ajv.compile(bulk);
