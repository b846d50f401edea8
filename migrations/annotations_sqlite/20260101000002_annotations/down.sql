DROP TABLE activity_logs;
DROP TABLE events;
DROP TABLE annotations;
DROP TABLE frames;
