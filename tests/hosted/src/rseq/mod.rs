mod edges;
mod registration;
mod section;
mod table;
