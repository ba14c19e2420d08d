import type { Express } from 'express';
import type { Stack } from '../stack';
import { billingRoutes } from './billing-routes';
import { careRoutes } from './care-routes';
import { Handovers } from './handovers';
import { intakeRoutes } from './intake-routes';
import { messagingRoutes } from './messaging-routes';
import { portalRoutes } from './portal-routes';
import { siteRoutes } from './site-routes';
import { supportRoutes } from './support-routes';

/** All systems of a stack that a patient's whole journey goes through. */
export function journeyRoutes(app: Express, stack: Stack): void {
  const desk = new Handovers(app, stack);
  const systems = [siteRoutes, intakeRoutes, billingRoutes, careRoutes, portalRoutes, supportRoutes, messagingRoutes];
  for (const addRoutes of systems) addRoutes(desk);
}
