"""What each command says: results as documents, one room for each kind of question."""
