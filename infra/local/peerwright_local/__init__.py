"""The local AWS: two kept emulators and the AWS behaviours they leave out."""
