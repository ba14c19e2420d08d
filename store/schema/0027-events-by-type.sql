-- Handoffs that count over journeys read some types of events of each. One lock a file, so that this and whoever stores or matches never wait for each other in a circle.
CREATE INDEX event_by_type ON event (migration, journey, type);
