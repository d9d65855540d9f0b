mod registration;
mod section;
mod table;
