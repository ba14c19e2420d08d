-- Its place is taken by event_by_type: the moment that it had besides was read by nothing.
DROP INDEX event_by_journey;
